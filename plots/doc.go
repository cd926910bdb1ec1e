// Package plots draws every figure of the report, from plain data to PNG, SVG
// and PDF.
//
// A figure is a value: a constructor such as Tree or Correlations takes slices
// and small structs, refuses data that cannot be drawn, and returns a *Figure;
// Figure.Write renders it in a Theme. What a picture looks like (fonts, sizes,
// colours, margins, number formats) is decided in style.go and nowhere else.
//
// Invariant: the same figure, format and theme give the same bytes, on any day
// and in any folder.
package plots
