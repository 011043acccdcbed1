// Reads a published log with the Go project's own packages (golang.org/x/mod), none of ours.
//
// Usage: main FOLDER VKEY-FILE OLD-CHECKPOINT. Opens both checkpoints, lets tlog verify every tile
// that it reads, proves each entry of each bundle and that the old tree is the beginning of the new
// one. Prints "size N entries M"; exits 1 with what does not fit.
package main

import (
	"encoding/binary"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type folder struct{ path string }

func (f folder) Height() int                           { return height }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte)   {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		name := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		content, err := ioutil.ReadFile(filepath.Join(f.path, name))
		if err != nil {
			return nil, err
		}
		read[i] = content
	}
	return read, nil
}

func fail(where string, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", where, err)
		os.Exit(1)
	}
}

func opened(path string, known note.Verifiers) tlog.Tree {
	content, err := ioutil.ReadFile(path)
	fail(path, err)
	signed, err := note.Open(content, known)
	fail(path, err)
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	fail(path, err)
	root, err := tlog.ParseHash(lines[2])
	fail(path, err)
	return tlog.Tree{N: size, Hash: root}
}

func bundlePath(n, width int64) string {
	tile := tlog.Tile{H: height, L: 0, N: n, W: int(width)}
	return "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/0/")
}

func main() {
	place := folder{os.Args[1]}
	vkey, err := ioutil.ReadFile(os.Args[2])
	fail("vkey", err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	fail("vkey", err)
	known := note.VerifierList(verifier)
	tree := opened(filepath.Join(place.path, "checkpoint"), known)
	old := opened(os.Args[3], known)
	hashes := tlog.TileHashReader(tree, place)

	grown, err := tlog.ProveTree(tree.N, old.N, hashes)
	fail("consistency", err)
	fail("consistency", tlog.CheckTree(grown, tree.N, tree.Hash, old.N, old.Hash))

	entries := int64(0)
	for n := int64(0); n<<height < tree.N; n++ {
		width := tree.N - n<<height
		if width > 1<<height {
			width = 1 << height
		}
		bundle, err := ioutil.ReadFile(filepath.Join(place.path, bundlePath(n, width)))
		fail("bundle", err)
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			entry := bundle[2 : 2+length]
			bundle = bundle[2+length:]
			proof, err := tlog.ProveRecord(tree.N, entries, hashes)
			where := fmt.Sprintf("entry %d", entries)
			fail(where, err)
			leaf := tlog.RecordHash(entry)
			fail(where, tlog.CheckRecord(proof, tree.N, tree.Hash, entries, leaf))
			entries++
		}
	}
	if entries != tree.N {
		fail("entries", fmt.Errorf("%d of %d are there", entries, tree.N))
	}
	fmt.Printf("size %d entries %d\n", tree.N, entries)
}
