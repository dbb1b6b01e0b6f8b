package segments

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// List lists the segments in order of their names.
func (s *Store) List(ctx context.Context) (files []File, err error) {
	err = s.change(ctx, func() error {
		entries, err := os.ReadDir(s.dir) // sorted, by the whole file name
		if err != nil {
			return fmt.Errorf("list the segments: %w", err)
		}
		for _, e := range entries {
			name, ours := strings.CutSuffix(e.Name(), ending)
			if !ours || !validName.MatchString(name) || !e.Type().IsRegular() {
				continue
			}
			info, err := e.Info()
			if err != nil {
				return fmt.Errorf("list the segments: %w", err)
			}
			files = append(files, File{Name: name, Size: max(info.Size()-int64(headSize), 0), Time: info.ModTime()})
		}
		slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
		return nil
	})
	return files, err
}

// Read returns a segment's data. A file that is not what was written is moved into the folder "damaged", so that the segment is absent from then on, and
// the error wraps ErrDamaged and says where it is. The error of a segment that is not there wraps fs.ErrNotExist.
func (s *Store) Read(ctx context.Context, name string) (data []byte, err error) {
	if !validName.MatchString(name) {
		return nil, fmt.Errorf("read a segment: %.80q is no name of one: %w", name, fs.ErrNotExist)
	}
	err = s.change(ctx, func() error {
		file, err := os.ReadFile(s.path(name))
		if err != nil {
			return fmt.Errorf("read the segment %s: %w", name, err)
		}
		if data, err = unsealed(name, file); errors.Is(err, ErrDamaged) {
			err = errors.Join(err, s.putAside(name))
			return fmt.Errorf("read the segment %s, which was put into %s: %w", name, filepath.Join(s.dir, damaged), err)
		} else if err != nil {
			return fmt.Errorf("read the segment %s: %w", name, err)
		}
		return nil
	})
	return data, err
}

// putAside moves a damaged file away; earlier ones of the same name are kept, too.
func (s *Store) putAside(name string) error {
	aside := filepath.Join(s.dir, damaged)
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("put it aside: %w", err)
	}
	to := filepath.Join(aside, name+ending)
	for n := 2; ; n++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return fmt.Errorf("put it aside: %w", err)
		}
		to = filepath.Join(aside, fmt.Sprintf("%s%s.%d", name, ending, n))
	}
	if err := os.Rename(s.path(name), to); err != nil {
		return fmt.Errorf("put it aside: %w", err)
	}
	return errors.Join(syncDir(aside), syncDir(s.dir))
}

// Usage is how many bytes the segments take, and how many damaged files there are.
func (s *Store) Usage(ctx context.Context) (bytes int64, aside int, err error) {
	files, err := s.List(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, f := range files {
		bytes += f.Size + int64(headSize)
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, damaged))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return bytes, 0, fmt.Errorf("list the damaged segments: %w", err)
	}
	return bytes, len(entries), nil
}

// Files are the paths of the segments, for a backup: files that are listed do not change, though Prune may remove them.
func (s *Store) Files(ctx context.Context) (paths []string, err error) {
	files, err := s.List(ctx)
	for _, f := range files {
		paths = append(paths, s.path(f.Name))
	}
	return paths, err
}

// Prune removes the segments for which drop is true, and returns how many those were. Which segments are older than some days is told by their Time, or
// by their names where these are times.
func (s *Store) Prune(ctx context.Context, drop func(File) bool) (removed int, err error) {
	files, err := s.List(ctx)
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		if !drop(f) {
			continue
		}
		err := s.change(ctx, func() error { return os.Remove(s.path(f.Name)) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("remove the segment %s: %w", f.Name, err)
		}
		removed++
	}
	if removed == 0 {
		return 0, nil
	}
	return removed, s.change(ctx, func() error { return syncDir(s.dir) })
}

// CopyTo adds to another folder those segments that it lacks, or has in another length, checked, and returns how many those were. The other folder is
// one that Open opens: it serves as a backup, and a backup is brought back by copying it to where the segments belong. A segment that is damaged is put
// aside as by Read; the others are copied all the same. Nothing is removed: what Prune removed here is there until it is pruned there.
func (s *Store) CopyTo(ctx context.Context, dir string) (copied int, err error) {
	to, err := Open(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	files, err := s.List(ctx)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, f := range files {
		if info, err := os.Lstat(to.path(f.Name)); err == nil && info.Size() == f.Size+int64(headSize) {
			continue
		}
		data, err := s.Read(ctx, f.Name)
		if errors.Is(err, ErrDamaged) || errors.Is(err, ErrNewer) || errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		if err == nil {
			err = to.Add(ctx, f.Name, data)
		}
		if err != nil {
			return copied, errors.Join(append(errs, err)...)
		}
		copied++
	}
	return copied, errors.Join(errs...)
}
