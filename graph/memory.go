package graph

// StepBytes estimates the memory in bytes that a training step on so many images takes
// beside the weights and what the optimiser keeps: all that comes out of the layers, and
// the gradients. On a CPU that is what was measured within a tenth, of seed3 and small,
// and less than that of networks with turned kernels.
func (n *Network) StepBytes(images int, p Precision) (int64, error) {
	table, err := n.Table()
	if err != nil {
		return 0, err
	}
	var outputs, weights int64 // values
	for _, row := range table {
		values := int64(row.Parts)
		for _, d := range row.Output {
			values *= int64(d)
		}
		outputs += values
		weights += int64(row.Weights)
	}
	size := int64(4)
	if p == BFloat16 || p == Float16 {
		size = 2
	}
	return size*outputs*int64(images) + 4*weights, nil
}
