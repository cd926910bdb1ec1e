package graph

import (
	"fmt"
	"math"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/wamuir/graft/tensorflow/op"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
)

// An Optimiser is a rule by which weights move against their gradients.
type Optimiser string

// The optimisers. The zero value is Adam.
const (
	// Adam is that of Kingma & Ba 2015 (arXiv 1412.6980), with their settings.
	Adam Optimiser = "adam"
	// AdamW is Adam whose decay of the weights does not go through the gradient
	// (Loshchilov & Hutter 2019, arXiv 1711.05101).
	AdamW Optimiser = "adamw"
	// SGD is gradient descent with Nesterov's momentum (Sutskever et al. 2013): the
	// momentum gathers gradients, and the learning rate is that of the step. Its
	// weights decay as AdamW's do.
	SGD Optimiser = "sgd"
)

// Adam's settings.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-8
)

// A rule is an optimiser in a graph.
type rule struct {
	slots []string // names of what it keeps of each variable
	apply func(scope *op.Scope, v *variable, slots []*variable, rate, gradient tf.Output) *tf.Operation
}

// rule adds what all variables share. step is the number of updates made so far.
func (o Options) rule(scope *op.Scope, step tf.Output) rule {
	constant := func(name string, x float64) tf.Output { return op.Const(scope.SubScope(name), float32(x)) }
	if o.Optimiser == SGD {
		momentum := constant("momentum", o.Momentum)
		return rule{[]string{"sgd/momentum"}, func(s *op.Scope, v *variable, slots []*variable, rate, gradient tf.Output) *tf.Operation {
			return op.ResourceApplyMomentum(s, v.handle, slots[0].handle, rate, gradient, momentum, op.ResourceApplyMomentumUseNesterov(true))
		}}
	}
	count := op.AddV2(scope.SubScope("count"), op.Cast(scope, step, tf.Float), constant("one", 1))
	beta1, beta2, epsilon := constant("beta1", adamBeta1), constant("beta2", adamBeta2), constant("epsilon", adamEpsilon)
	power1 := op.Pow(scope.SubScope("power1"), beta1, count)
	power2 := op.Pow(scope.SubScope("power2"), beta2, count)
	return rule{[]string{"adam/m", "adam/v"}, func(s *op.Scope, v *variable, slots []*variable, rate, gradient tf.Output) *tf.Operation {
		return op.ResourceApplyAdam(s, v.handle, slots[0].handle, slots[1].handle, power1, power2, rate, beta1, beta2, epsilon, gradient)
	}}
}

// optimise adds the optimiser's slots, and what moves each target by its gradient.
func (t *Trainer) optimise(scope *op.Scope, targets []*variable, gradients []tf.Output) []*tf.Operation {
	o, b := t.options, t.builder
	rule := o.rule(scope, t.step.read)
	// A step that is held back has no learning rate, which holds the decay too.
	whole := t.guard.gate(scope.SubScope("rate"), t.rate)
	rates := map[float64]tf.Output{1: whole}
	times := func(factor float64) tf.Output {
		if _, has := rates[factor]; !has {
			s := scope.SubScope("rate")
			rates[factor] = op.Mul(s, whole, op.Const(s.SubScope("factor"), float32(factor)))
		}
		return rates[factor]
	}
	var updates []*tf.Operation
	for i, v := range targets {
		var slots []*variable
		for _, name := range rule.slots {
			slots = append(slots, b.addVariable(Variable{Name: name + "/" + v.Name, Shape: v.Shape, Role: Offset}, tf.Float, v.device))
		}
		if b.scope.Err() != nil {
			return nil
		}
		s, factor := v.where(scope.SubScope(fmt.Sprintf("apply%d", i))), o.factor(v.Name)
		if o.WeightDecay > 0 && v.Role == Kernel {
			s = s.WithControlDependencies(decay(s.SubScope("decay"), v, times(factor*o.WeightDecay), gradients[i]))
		}
		updates = append(updates, rule.apply(s, v, slots, times(factor), gradients[i]))
	}
	return updates
}

// decay adds what takes a share of a variable off it. It waits for the gradient,
// when the passes are done with the value: they would have to be left a copy.
func decay(scope *op.Scope, v *variable, share, gradient tf.Output) *tf.Operation {
	if scope.Err() != nil {
		return nil
	}
	s := scope.WithControlDependencies(gradient.Op)
	return op.AssignSubVariableOp(s, v.handle, op.Mul(s, v.read, share))
}

// factor returns what the learning rate of a variable is multiplied with.
func (o Options) factor(name string) float64 {
	if factor, has := o.RateFactors[name]; has {
		return factor
	}
	return 1
}

func (o Options) frozen(name string) bool { return o.factor(name) == 0 }

// checkOptimiser checks all that says how the weights of a network move.
func (o Options) checkOptimiser(net *Network) error {
	switch o.Optimiser {
	case "", Adam, AdamW, SGD:
	default:
		return fmt.Errorf("no optimiser %q, want %s, %s or %s", o.Optimiser, Adam, AdamW, SGD)
	}
	if !(o.WeightDecay >= 0) || math.IsInf(o.WeightDecay, 0) {
		return fmt.Errorf("weight decay %g, want a number of at least 0", o.WeightDecay)
	}
	if o.WeightDecay > 0 && o.Optimiser != AdamW && o.Optimiser != SGD {
		return fmt.Errorf("weight decay %g: %s does not decay weights, %s and %s do", o.WeightDecay, Adam, AdamW, SGD)
	}
	for name, x := range map[string]float64{"momentum": o.Momentum, "average": o.Average} {
		if !(x >= 0 && x < 1) {
			return fmt.Errorf("%s %g, want a number from 0 to below 1", name, x)
		}
	}
	if o.OutputBias != nil && len(o.OutputBias) != galaxyzoo.NumAnswers {
		return fmt.Errorf("%d starting values of the last bias, want %d", len(o.OutputBias), galaxyzoo.NumAnswers)
	}
	return o.checkFactors(net)
}

// checkFactors insists on factors of variables that are trained, of which some learn.
func (o Options) checkFactors(net *Network) error {
	variables, err := net.Variables()
	if err != nil {
		return err
	}
	trained, learns := map[string]bool{}, false // of all that there are
	for _, v := range variables {
		trained[v.Name] = v.Trainable
		learns = learns || v.Trainable && !o.frozen(v.Name)
	}
	for name, factor := range o.RateFactors {
		learned, has := trained[name]
		if !has {
			return fmt.Errorf("a rate factor for %q, which network %q does not have", name, net.Name)
		}
		if !learned {
			return fmt.Errorf("a rate factor for %q, which is no variable that the learning rate moves", name)
		}
		if !(factor >= 0) || math.IsInf(factor, 0) {
			return fmt.Errorf("rate factor %g of %s, want a number of at least 0", factor, name)
		}
	}
	if !learns {
		return fmt.Errorf("all variables of network %q are frozen: nothing is left to learn", net.Name)
	}
	return nil
}

// outputBias names the bias of the last dense layer, "" where there is no such
// layer.
func (b *builder) outputBias() string {
	if i := b.lastDense(); i >= 0 {
		return b.table[i].Name + "/bias"
	}
	return ""
}
