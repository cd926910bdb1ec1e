package imageproc

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// maxScans is how many scans a JPEG may have. Each of them can visit all pixels and
// take 25 bytes of the file, so that a small file could keep any decoder busy for
// hours; encoders write 10, and some that try many ways up to a few tens.
const maxScans = 100

// checkScans refuses a JPEG of too many scans. It goes from marker to marker as the
// decoders do, and leaves what is wrong otherwise to them.
func checkScans(jpeg []byte) error {
	scans := 0
	for at := 2; ; { // behind the marker that it begins with
		data := bytes.IndexByte(jpeg[at:], 0xff) // entropy-coded
		if data < 0 {
			return nil
		}
		at += data
		for at < len(jpeg) && jpeg[at] == 0xff {
			at++
		}
		if at == len(jpeg) {
			return nil
		}
		marker := jpeg[at]
		at++
		switch {
		case marker == 0xd9: // the end; what follows is not read
			return nil
		case marker <= 1 || marker >= 0xd0 && marker <= 0xd7: // a byte of data, a restart
			continue
		case marker == 0xda:
			scans++
		}
		if scans > maxScans {
			return fmt.Errorf("the JPEG has more than %d scans", maxScans)
		}
		if len(jpeg)-at < 2 {
			return nil
		}
		// libjpeg passes over a segment that is shorter than its own length.
		if at += max(2, int(binary.BigEndian.Uint16(jpeg[at:]))); at > len(jpeg) {
			return nil
		}
	}
}
