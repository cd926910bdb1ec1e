package galaxyzoo

// Split divides galaxies into training and validation rows: the positions in
// ids of each, in their order. A galaxy is held back by a hash of its id and
// the seed alone, so that it stays on its side when other rows come or go; the
// share of rows held back is therefore close to, not exactly, the share asked
// for (0 to 1).
func Split(ids []int64, share float64, seed uint64) (training, validation []int) {
	for i, id := range ids {
		if unit(mix(uint64(id)^mix(seed))) < share {
			validation = append(validation, i)
		} else {
			training = append(training, i)
		}
	}
	return training, validation
}

// mix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps 64 random bits to [0, 1).
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
