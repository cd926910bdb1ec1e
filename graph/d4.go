package graph

// The group D4 is the square's: 4 rotations, each with and without a mirroring
// before it. A feature map with orientations has one set of channels for each
// element, [height, width, 8 C] with the element as the outer index of the
// channels: map g, x holds what the layer finds at x when it looks with its head
// tilted by g. Turning the image turns each map and shuffles the elements, and
// nothing else. See Cohen & Welling 2016, arXiv 1602.07576, where it is p4m.
const orientations = 8

// An element of D4 is a position 0 to 7: the number of quarter turns, and 4 more
// for a mirroring before them.
type element int

// move returns where the element takes the place (row, column) of an n x n grid.
func (g element) move(row, column, n int) (int, int) {
	if g >= 4 {
		column = n - 1 - column
	}
	for range g % 4 {
		row, column = n-1-column, row
	}
	return row, column
}

// times returns the element that does h, then g.
func (g element) times(h element) element {
	return identify(func(row, column int) (int, int) {
		row, column = h.move(row, column, probeSide)
		return g.move(row, column, probeSide)
	})
}

// inverse returns the element that undoes g.
func (g element) inverse() element {
	for h := range element(orientations) {
		if g.times(h) == 0 {
			return h
		}
	}
	panic("graph: an element of D4 has no inverse") // the group has them all
}

// probeSide is the side of a grid on which no two elements do the same.
const probeSide = 2

// identify finds the element by what it does to two neighbouring corners.
func identify(move func(row, column int) (int, int)) element {
	for g := range element(orientations) {
		same := true
		for _, corner := range [][2]int{{0, 0}, {0, 1}} {
			row, column := move(corner[0], corner[1])
			r, c := g.move(corner[0], corner[1], probeSide)
			same = same && row == r && column == c
		}
		if same {
			return g
		}
	}
	panic("graph: no element of D4 moves a square like this") // none but D4's are asked for
}

// turnedKernel lists where the kernels of all orientations come from: entry
// [place, in, out] of a convolution is entry [place, in] of the one kernel that is
// learned, moved by the inverse of the orientation that comes out. in counts the
// orientations that go in: 8, or 1 for an image, which has none.
func turnedKernel(kernel, in int) []int32 {
	var from []int32
	for row := range kernel {
		for column := range kernel {
			for h := range element(in) {
				for g := range element(orientations) {
					back := g.inverse()
					r, c := back.move(row, column, kernel)
					o := h
					if in > 1 {
						o = back.times(h)
					}
					from = append(from, int32((r*kernel+c)*in+int(o)))
				}
			}
		}
	}
	return from
}

// frames lists where the values of a map, [place, orientation], come from as each
// of the 8 elements sees it: entry [element, place, orientation].
func frames(side int) []int32 {
	var from []int32
	for g := range element(orientations) {
		for row := range side {
			for column := range side {
				for h := range element(orientations) {
					r, c := g.move(row, column, side)
					from = append(from, int32((r*side+c)*orientations+int(g.times(h))))
				}
			}
		}
	}
	return from
}
