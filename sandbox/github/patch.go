package github

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// A patchReader hands the patches of a diff to its files, in order. Names in
// patch headers are not used: they may be quoted, and hold anything.
type patchReader struct {
	in     *bufio.Reader
	files  []fileChange
	at     int  // the file being read
	second bool // in the second section of a change of type

	hunks bytes.Buffer
	lines int
	large bool
	body  bool // past the header of a section
	total int
}

func (p *patchReader) read() error {
	whole := true // whether the chunk starts a line
	for {
		chunk, err := p.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if whole && string(chunk) == endOfDiff+"\n" {
			return p.finish()
		}
		if whole && bytes.HasPrefix(chunk, []byte("diff --git ")) {
			if err := p.section(); err != nil {
				return err
			}
		} else {
			p.add(chunk, whole)
		}
		whole = err == nil
	}
}

// section starts the next section of the patch.
func (p *patchReader) section() error {
	p.body = false
	if p.at >= 0 && p.files[p.at].twoSections && !p.second {
		p.second = true
		return nil
	}
	p.store()
	p.at++
	if p.at >= len(p.files) {
		return errors.New("more patches than files")
	}
	return nil
}

// add takes a line, or a part of one when whole is false.
func (p *patchReader) add(chunk []byte, whole bool) {
	if whole && !p.body {
		p.body = bytes.HasPrefix(chunk, []byte("@@ "))
	}
	if !p.body || p.large {
		return
	}
	if whole {
		p.lines++
	}
	p.hunks.Write(chunk)
	if p.lines > patchLineLimit || p.hunks.Len() > patchByteLimit {
		p.large = true
		p.hunks = bytes.Buffer{}
	}
}

// store gives the current file what was read for it.
func (p *patchReader) store() {
	listed := p.at >= 0 && p.at < maxListedFiles
	if listed && !p.large && p.hunks.Len() > 0 && p.total+p.hunks.Len() <= diffByteLimit {
		f := &p.files[p.at]
		f.patch = strings.ToValidUTF8(strings.TrimSuffix(p.hunks.String(), "\n"), "\uFFFD")
		f.lines = p.lines
		p.total += len(f.patch)
	}
	p.hunks.Reset()
	p.lines, p.large, p.second = 0, false, false
}

func (p *patchReader) finish() error {
	p.store()
	if p.at+1 != len(p.files) && p.at >= 0 {
		return fmt.Errorf("%d patches for %d files", p.at+1, len(p.files))
	}
	return nil
}
