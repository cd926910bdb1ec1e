package graph

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// A Variable is one array that a layer keeps between steps.
type Variable struct {
	Name      string // "conv1/kernel"
	Shape     []int64
	Trainable bool // false for batch norm's moving averages
	Role      Role
	FanIn     int // values that feed one output; 0 where it has no meaning
	FanOut    int
}

// A Role says what a variable is for, and so what it starts as.
type Role int

// The roles of variables.
const (
	Kernel Role = iota
	Bias
	Scale  // starts at 1
	Offset // starts at 0
	MovingMean
	MovingVariance
)

// Elements returns the number of values.
func (v Variable) Elements() int {
	n := 1
	for _, d := range v.Shape {
		n *= int(d)
	}
	return n
}

// Init is a rule for initial weights.
type Init string

// The rules for initial weights.
const (
	// FanInUniform draws kernels and biases from U(-b, b) with b =
	// 1/sqrt(fan-in): what PyTorch does where nothing is said, and so what
	// the seed's networks started from.
	FanInUniform Init = "fan-in-uniform"
	// HeNormal draws kernels from N(0, 2/fan-in), with biases at 0 (He et
	// al. 2015, arXiv 1502.01852).
	HeNormal Init = "he-normal"
	// GlorotUniform draws kernels from U(-b, b) with b = sqrt(6/(fan-in +
	// fan-out)), with biases at 0 (Glorot & Bengio 2010).
	GlorotUniform Init = "glorot-uniform"
	// SmallNormal draws kernels from N(0, 0.01^2), whatever their size, with
	// biases at 0.1, so that every unit starts in its linear range: as Dieleman,
	// Willett & Dambre (2015, arXiv 1503.07077) start convolutions. Their dense
	// layers start lower still.
	SmallNormal Init = "small-normal"
)

// initialValues draws the variable's values. They depend on the rule, the seed
// and the variable's name alone, so that a network's other layers can change
// without moving them.
func (init Init) initialValues(v Variable, seed uint64) []float32 {
	values := make([]float32, v.Elements())
	name := fnv.New64a()
	name.Write([]byte(v.Name))
	rng := rand.New(rand.NewPCG(seed, name.Sum64()))

	switch v.Role {
	case Scale, MovingVariance:
		fill(values, func() float64 { return 1 })
	case Kernel:
		switch init {
		case HeNormal:
			sigma := math.Sqrt(2 / float64(v.FanIn))
			fill(values, func() float64 { return sigma * rng.NormFloat64() })
		case SmallNormal:
			fill(values, func() float64 { return 0.01 * rng.NormFloat64() })
		case GlorotUniform:
			fill(values, uniform(rng, math.Sqrt(6/float64(v.FanIn+v.FanOut))))
		default:
			fill(values, uniform(rng, 1/math.Sqrt(float64(v.FanIn))))
		}
	case Bias:
		switch init {
		case FanInUniform:
			fill(values, uniform(rng, 1/math.Sqrt(float64(v.FanIn))))
		case SmallNormal:
			fill(values, func() float64 { return 0.1 })
		}
	}
	return values
}

func uniform(rng *rand.Rand, bound float64) func() float64 {
	return func() float64 { return bound * (2*rng.Float64() - 1) }
}

func fill(values []float32, draw func() float64) {
	for i := range values {
		values[i] = float32(draw())
	}
}
