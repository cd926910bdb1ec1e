package plots

import "gonum.org/v1/plot/vg"

// Columns divides r from left to right in proportion to the shares.
func Columns(r vg.Rectangle, gap vg.Length, shares ...float64) []vg.Rectangle {
	widths := divide(r.Size().X, gap, shares)
	out := make([]vg.Rectangle, len(shares))
	x := r.Min.X
	for i, w := range widths {
		out[i] = box(x, r.Min.Y, w, r.Size().Y)
		x += w + gap
	}
	return out
}

// Rows divides r from top to bottom in proportion to the shares.
func Rows(r vg.Rectangle, gap vg.Length, shares ...float64) []vg.Rectangle {
	heights := divide(r.Size().Y, gap, shares)
	out := make([]vg.Rectangle, len(shares))
	y := r.Max.Y
	for i, h := range heights {
		y -= h
		out[i] = box(r.Min.X, y, r.Size().X, h)
		y -= gap
	}
	return out
}

func divide(total, gap vg.Length, shares []float64) []vg.Length {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	total -= gap * vg.Length(len(shares)-1)
	out := make([]vg.Length, len(shares))
	for i, s := range shares {
		out[i] = total * vg.Length(s/sum)
	}
	return out
}

// Equal returns n equal shares, for Columns and Rows.
func Equal(n int) []float64 {
	shares := make([]float64, n)
	for i := range shares {
		shares[i] = 1
	}
	return shares
}

// Inset returns r without the given margins.
func Inset(r vg.Rectangle, left, right, bottom, top vg.Length) vg.Rectangle {
	return vg.Rectangle{
		Min: pt(r.Min.X+left, r.Min.Y+bottom),
		Max: pt(r.Max.X-right, r.Max.Y-top),
	}
}

// Square returns the largest square in r, against its left and top edges.
func Square(r vg.Rectangle) vg.Rectangle {
	side := min(r.Size().X, r.Size().Y)
	return box(r.Min.X, r.Max.Y-side, side, side)
}

// flow places boxes of the given sizes in lines of the given width, as words
// are set: from the left, a new line where the next does not fit. It returns
// the top left corner of each relative to that of the area, y downwards, and
// the height used.
func flow(width, gapX, gapY vg.Length, sizes []vg.Point) (corners []vg.Point, height vg.Length) {
	var x, y, tallest vg.Length
	for _, s := range sizes {
		if x > 0 && x+s.X > width+0.01 {
			x, y = 0, y+tallest+gapY
			tallest = 0
		}
		corners = append(corners, pt(x, y))
		x += s.X + gapX
		tallest = max(tallest, s.Y)
	}
	return corners, y + tallest
}
