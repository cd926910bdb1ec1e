package imageproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/tfgalaxy/tfgalaxy/galaxyzoo"
	"golang.org/x/sys/unix"
)

// A Cache holds the crops of a whole catalogue in one file, mapped into memory
// read-only and shared with every other process that uses it. Its methods but
// Close may be called by several goroutines at once.
type Cache struct {
	path   string
	header cacheHeader
	sums   []uint32 // CRC-32C of each crop
	view   int      // side of what a network sees of a crop, pixels
	scale  float64  // pixels of a crop to one of those
	file   []byte   // the mapping; nil once closed
}

// OpenCache opens the crops of c under p, decoded by d, in the folder dir, making both the
// folder and the file where they are missing. A file that is truncated, damaged
// or made from other images is built anew. One process builds a file at a
// time; others wait for it and share the result.
//
// Building calls progress, unless nil, after each image, one call at a time and
// with done rising by one; opening a finished file calls it never. Ending ctx
// stops the build, which then leaves no file behind, as does every error. Faults
// of images are *galaxyzoo.DataError, joined: all images are looked at, and the
// first 20 faults are told.
func OpenCache(ctx context.Context, dir string, d *Decoder, c *galaxyzoo.Catalogue, p Preprocessing, progress func(done, total int)) (*Cache, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("failed to create the folder for crops: %w", err)
	}
	header := newCacheHeader(d, c, p)
	path := filepath.Join(dir, fmt.Sprintf("%s%s-%x%s", cachePrefix, p, header.key[:16], cacheSuffix))
	cache, err := mapCache(path, header)
	var damage *damageError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &damage) {
		b := builder{path: path, decoder: d, header: header, catalogue: c, preprocessing: p, progress: progress}
		if err := b.build(ctx); err != nil {
			return nil, err
		}
		cache, err = mapCache(path, header)
	}
	if err != nil {
		return nil, err
	}
	cache.view, cache.scale = p.Size, p.Scale()
	return cache, nil
}

// A damageError says why a cache file cannot be used and must be built anew.
type damageError struct {
	path string
	err  error
}

func (e *damageError) Error() string {
	return fmt.Sprintf("failed to use crops in %s: %v", e.path, e.err)
}

func (e *damageError) Unwrap() error { return e.err }

// mapCache maps the file at path, which must be that of want. A file that is
// not gives a *damageError.
func mapCache(path string, want cacheHeader) (*Cache, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to open crops: %w", err)
	}
	defer f.Close() // the mapping outlives it
	header, sums, err := verify(f, want)
	if err != nil {
		return nil, err
	}
	mapping, err := unix.Mmap(int(f.Fd()), 0, int(header.fileBytes()), unix.PROT_READ, mapFlags)
	if err != nil {
		return nil, fmt.Errorf("failed to map crops in %s: %w", path, err)
	}
	return &Cache{path: path, header: header, sums: sums, file: mapping}, nil
}

// verify checks header, length and checksums, and returns those of the crops. It
// reads rather than maps the file: a disk that fails then gives an error and no signal.
func verify(f *os.File, want cacheHeader) (cacheHeader, []uint32, error) {
	fail := func(err error) (cacheHeader, []uint32, error) { return cacheHeader{}, nil, err }
	damaged := func(err error) (cacheHeader, []uint32, error) { return fail(&damageError{path: f.Name(), err: err}) }
	info, err := f.Stat()
	if err != nil {
		return fail(fmt.Errorf("failed to open crops: %w", err))
	}
	if info.Size() != want.fileBytes() {
		return damaged(fmt.Errorf("the file has %d bytes, want %d", info.Size(), want.fileBytes()))
	}
	start := make([]byte, headerSize)
	if _, err := f.ReadAt(start, 0); err != nil {
		return fail(fmt.Errorf("failed to read crops: %w", err))
	}
	header, err := decodeCacheHeader(start, want)
	if err != nil {
		return damaged(err)
	}
	sum, sums, err := pixelChecksums(f, header)
	if err != nil {
		return fail(err)
	}
	if sum != header.pixels {
		return damaged(errors.New("the pixels are damaged"))
	}
	return header, sums, nil
}

// pixelChecksums reads all crops of a file and returns the checksum of all and of
// each.
func pixelChecksums(f *os.File, h cacheHeader) (all uint32, each []uint32, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, headerSize, h.fileBytes()-headerSize), 1<<18)
	crop := make([]byte, h.cropBytes())
	each = make([]uint32, h.count)
	for i := range each {
		if _, err := io.ReadFull(r, crop); err != nil {
			return 0, nil, fmt.Errorf("failed to read crops: %w", err)
		}
		all = crc32.Update(all, castagnoli, crop)
		each[i] = crc32.Checksum(crop, castagnoli)
	}
	return all, each, nil
}

// Len returns the number of crops, which is that of the catalogue's galaxies.
func (c *Cache) Len() int { return c.header.count }

// Size returns the side of a crop in pixels, its margin included.
func (c *Cache) Size() int { return c.header.size }

// ViewSize returns the side in pixels of what a network sees of a crop.
func (c *Cache) ViewSize() int { return c.view }

// Scale returns how many pixels of a crop there are to one that a network sees,
// along an axis.
func (c *Cache) Scale() float64 { return c.scale }

// View writes what a network sees of galaxy i under a change to dst, packed RGB
// [ViewSize, ViewSize, 3]. Under the zero Transform that is Preprocessing.Apply of
// its image. Errors are those of Crop.
func (c *Cache) View(dst []byte, i int, t Transform) error {
	return c.read(i, func(crop []byte) { t.WarpRGB(dst, c.view, crop, c.header.size, c.scale) })
}

// Crop writes the crop of galaxy i to dst, packed RGB [size, size, 3]. It returns an
// error, ErrCropsChanged, where another process has cut or changed the file since it
// was opened. An index out of range panics, as that of a slice does.
func (c *Cache) Crop(dst []byte, i int) error {
	return c.read(i, func(crop []byte) { copy(dst, crop) })
}

// Path returns the name of the file.
func (c *Cache) Path() string { return c.path }

// ErrCropsChanged reports that the file of a Cache is no longer what was opened.
var ErrCropsChanged = errors.New("cut or changed by another process while it was in use; the next command builds it anew")

// read hands the crop of galaxy i to a function, which must neither keep nor change it.
func (c *Cache) read(i int, use func(crop []byte)) (err error) {
	n := c.header.cropBytes()
	if i < 0 || i >= c.header.count {
		panic(fmt.Sprintf("imageproc: crop %d of %d", i, c.header.count))
	}
	start := headerSize + i*n
	crop := c.file[start : start+n : start+n]
	// What lies behind the end of a mapped file that was cut is memory that faults.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = c.changed()
		default:
			panic(fault)
		}
	}()
	if crc32.Checksum(crop, castagnoli) != c.sums[i] {
		return c.changed()
	}
	use(crop)
	return nil
}

func (c *Cache) changed() error {
	return fmt.Errorf("failed to read crops: %s: %w", c.path, ErrCropsChanged)
}

// Close unmaps the file. A second Close does nothing.
func (c *Cache) Close() error {
	if c.file == nil {
		return nil
	}
	err := unix.Munmap(c.file)
	c.file = nil
	if err != nil {
		return fmt.Errorf("failed to close crops in %s: %w", c.path, err)
	}
	return nil
}
