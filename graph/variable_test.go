package graph

import (
	"math"
	"slices"
	"testing"
)

func TestInitialValues(t *testing.T) {
	kernel := Variable{Name: "conv1/kernel", Shape: []int64{5, 5, 8, 40}, Role: Kernel, FanIn: 200, FanOut: 1000}
	bias := Variable{Name: "dense1/bias", Shape: []int64{8000}, Role: Bias, FanIn: 64}
	tests := []struct {
		init  Init
		v     Variable
		sigma float64 // of the values
		bound float64 // 0 for none
	}{
		{FanInUniform, kernel, 1 / math.Sqrt(3*200), 1 / math.Sqrt(200)},
		{FanInUniform, bias, 1 / math.Sqrt(3*64), 1 / math.Sqrt(64)},
		{HeNormal, kernel, math.Sqrt(2. / 200), 0},
		{HeNormal, bias, 0, 0},
		{GlorotUniform, kernel, math.Sqrt(2. / 1200), math.Sqrt(6. / 1200)},
		{GlorotUniform, bias, 0, 0},
		{SmallNormal, kernel, 0.01, 0},
	}
	for _, test := range tests {
		values := test.init.initialValues(test.v, 7)
		var sum, squares, largest float64
		for _, x := range values {
			sum += float64(x)
			squares += float64(x) * float64(x)
			largest = max(largest, math.Abs(float64(x)))
		}
		n := float64(len(values))
		mean, sigma := sum/n, math.Sqrt(squares/n)
		// The mean of n values scatters by sigma/sqrt(n), their deviation by
		// at most sigma/sqrt(2n): five of each.
		if math.Abs(mean) > 5*test.sigma/math.Sqrt(n) || math.Abs(sigma-test.sigma) > 5*test.sigma/math.Sqrt(2*n) {
			t.Errorf("%s, %s: mean %g and deviation %g, want 0 and %g", test.init, test.v.Name, mean, sigma, test.sigma)
		}
		if test.bound > 0 && largest > test.bound*(1+1e-6) { // rounding to float32
			t.Errorf("%s, %s: a value of %g, want at most %g", test.init, test.v.Name, largest, test.bound)
		}
	}
}

// Whatever feeds them, so that no unit starts out of reach.
func TestBiasesOfSmallNormal(t *testing.T) {
	v := Variable{Name: "conv1/bias", Shape: []int64{2}, Role: Bias, FanIn: 64}
	if got := SmallNormal.initialValues(v, 1); !slices.Equal(got, []float32{0.1, 0.1}) {
		t.Errorf("biases start at %v, want 0.1", got)
	}
}

func TestInitialValuesDependOnSeedAndName(t *testing.T) {
	v := Variable{Name: "a", Shape: []int64{10}, Role: Kernel, FanIn: 1}
	w := v
	w.Name = "b"
	first := HeNormal.initialValues(v, 1)
	if !slices.Equal(first, HeNormal.initialValues(v, 1)) {
		t.Error("the same seed and name give other values")
	}
	if slices.Equal(first, HeNormal.initialValues(v, 2)) {
		t.Error("another seed gives the same values")
	}
	if slices.Equal(first, HeNormal.initialValues(w, 1)) {
		t.Error("another name gives the same values")
	}
}

func TestInitialValuesOfBatchNorm(t *testing.T) {
	for role, want := range map[Role]float32{Scale: 1, MovingVariance: 1, Offset: 0, MovingMean: 0} {
		v := Variable{Name: "norm1/x", Shape: []int64{3}, Role: role}
		if got := FanInUniform.initialValues(v, 1); !slices.Equal(got, []float32{want, want, want}) {
			t.Errorf("role %d starts at %v, want %v", role, got, want)
		}
	}
}
