package serve

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// A browser runs the page's script, under its policy, and shows what the server
// answers.
func TestPageInBrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && exec.Command(path, "--version").Run() == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("there is no Chromium here to open the page in")
	}
	m := loadModel(t, centreCrop)
	s := newTestServer(t, m, testOptions())
	address, stop := serveOn(t, s)
	show := func(fragment string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--user-data-dir="+t.TempDir(), "--virtual-time-budget=20000", "--dump-dom", "http://"+address+"/"+fragment)
		var said strings.Builder
		c.Stderr = &said
		document, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, &said)
		}
		return string(document)
	}

	example := ask(s, "GET", "/example?n=7", nil).Body
	var c answered
	if err := json.Unmarshal(ask(s, "POST", "/classify", example).Body.Bytes(), &c); err != nil {
		t.Fatal(err)
	}
	document := show("#example=7")
	for _, want := range []string{
		`Drawn galaxy 7<span class="unseen">: Decision tree. The likely way: ` + c.Description + `</span>`,
		`<svg class="picture"`,
		`<g class="box lit"`,
	} {
		if !strings.Contains(document, want) {
			t.Errorf("the page does not show %s:\n%s", want, document)
		}
	}
	document = show("#example=0")
	if want := `role="alert">Drawn galaxy 0: example "0", want n=1 to n=100</p>`; !strings.Contains(document, want) {
		t.Errorf("the page does not show %s:\n%s", want, document)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
