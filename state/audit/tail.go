package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// tailSize is how many bytes at the end of the log are read when it is opened: far more than [remembered] records have.
const tailSize = 4 << 20

// load reads the end of the log, which must reach at least to known.
func (l *Log) load(known Head) error {
	l.head, l.recent, l.order = known, map[string]bool{}, nil
	names, err := files(l.dir)
	if err != nil || len(names) == 0 {
		return err
	}
	if l.Healed, err = heal(filepath.Join(l.dir, names[len(names)-1])); err != nil {
		return err
	}
	parts, err := tail(l.dir, names)
	if err != nil {
		return err
	}
	reader := chain{key: l.key, anywhere: true}
	for _, part := range parts {
		err = reader.file(part.path, part.from, func(r Record, _ []byte) error {
			l.remember(r.ID)
			if r.Seq == known.Seq && reader.head != known {
				return &BrokenError{File: part.path, Line: reader.line, Seq: r.Seq, Why: "it is not the record that was logged under this number"}
			}
			return nil
		})
		if err != nil {
			break
		}
	}
	if err == nil && reader.head.Seq < known.Seq && reader.head.Seq > 0 {
		err = &BrokenError{File: l.dir, Seq: reader.head.Seq + 1, Why: fmt.Sprintf("records are missing at the end: %d were logged", known.Seq)}
	}
	if _, broken := errors.AsType[*BrokenError](err); broken {
		if _, exact := Verify(l.dir, l.key, nil); exact != nil {
			err = exact // it counts from the beginning
		}
		return fmt.Errorf("%w: find out who changed it (shipmate audit verify), then move the folder away: a new one goes on after the last record", err)
	}
	if reader.head.Seq > 0 {
		l.head = reader.head
	}
	return err
}

// A part is the end of a file.
type part struct {
	path string
	from int64
}

// tail finds the last tailSize bytes of the log, oldest first.
func tail(dir string, names []string) (parts []part, err error) {
	left := int64(tailSize)
	for _, name := range slices.Backward(names) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("audit log: %w", err)
		}
		parts = append(parts, part{path, max(0, info.Size()-left)})
		if left -= info.Size(); left <= 0 {
			break
		}
	}
	slices.Reverse(parts)
	return parts, nil
}

// heal cuts off what follows the last whole line of a file, and returns how many bytes that were.
func heal(path string) (torn int64, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	from := max(0, info.Size()-tailSize)
	end, err := io.ReadAll(io.NewSectionReader(file, from, tailSize))
	if err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	whole := bytes.LastIndexByte(end, '\n') + 1
	if whole == 0 && from > 0 {
		return 0, fmt.Errorf("audit log: the last %d bytes of %s are no records: move the folder away: a new one goes on after the last record", tailSize, path)
	}
	if torn = int64(len(end) - whole); torn == 0 {
		return 0, nil
	}
	if err := errors.Join(file.Truncate(from+int64(whole)), file.Sync()); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	return torn, nil
}
