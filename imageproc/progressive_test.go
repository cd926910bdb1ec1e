package imageproc

import "encoding/binary"

// A progressive is a grey progressive JPEG, written by hand: Go's encoder writes
// none. Its tables have a single code each, the bit 0.
type progressive struct {
	width, height uint16
	content       []byte
}

func newProgressive(width, height uint16) *progressive {
	p := &progressive{width: width, height: height}
	p.content = append(p.content, 0xff, 0xd8)
	quantiser := make([]byte, 65)
	for i := range quantiser[1:] {
		quantiser[i+1] = 1
	}
	p.segment(0xdb, quantiser)
	frame := []byte{8}
	frame = binary.BigEndian.AppendUint16(frame, height)
	frame = binary.BigEndian.AppendUint16(frame, width)
	p.segment(0xc2, append(frame, 1, 1, 0x11, 0))
	p.table(0x00, 0)    // a level like the one before
	p.table(0x10, 0xe0) // the end of 16384 blocks, and 14 bits how many more
	return p
}

func (p *progressive) segment(marker byte, data []byte) {
	p.content = append(p.content, 0xff, marker)
	p.content = binary.BigEndian.AppendUint16(p.content, uint16(len(data)+2))
	p.content = append(p.content, data...)
}

func (p *progressive) table(which, symbol byte) {
	p.segment(0xc4, append([]byte{which, 1, 15: 0, 16: 0}, symbol))
}

// blocks are how many 8x8 pixels there are.
func (p *progressive) blocks() int { return (int(p.width) + 7) / 8 * ((int(p.height) + 7) / 8) }

// levels adds the scan of the means of all blocks, which are grey.
func (p *progressive) levels() {
	p.segment(0xda, []byte{1, 1, 0, 0, 0, 0})
	p.content = append(p.content, make([]byte, (p.blocks()+7)/8)...)
}

// empty adds a scan that visits all blocks and changes none: 25 bytes that cost as
// much as the whole image.
func (p *progressive) empty() {
	p.segment(0xda, []byte{1, 1, 0, 1, 63, 0})
	const run = 1<<15 - 1 // blocks of one code
	var bits uint32
	n := 0
	for range (p.blocks() + run - 1) / run {
		bits, n = bits<<15|0x3fff, n+15
		for ; n >= 8; n -= 8 {
			p.bits(byte(bits >> (n - 8)))
		}
	}
	p.bits(byte(bits<<(8-n) | (1<<(8-n) - 1)))
}

// bits adds a byte of entropy-coded data.
func (p *progressive) bits(b byte) {
	p.content = append(p.content, b)
	if b == 0xff {
		p.content = append(p.content, 0)
	}
}

// end ends the file.
func (p *progressive) end() []byte { return append(p.content, 0xff, 0xd9) }

// progressiveJPEG has the scan of the levels and then so many empty ones.
func progressiveJPEG(width, height uint16, empty int) []byte {
	p := newProgressive(width, height)
	p.levels()
	for range empty {
		p.empty()
	}
	return p.end()
}
