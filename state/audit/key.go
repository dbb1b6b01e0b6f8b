package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LoadKey reads the key in the file path: 64 hexadecimal digits. When there is none it makes one, unless the folder dir holds a log already, which
// was written with another.
func LoadKey(path, dir string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	return ParseKey(string(text))
}

// ParseKey reads a key of 64 hexadecimal digits.
func ParseKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("the key of the audit log must be %d hexadecimal digits, such as those that openssl rand -hex %d prints", 2*KeySize, KeySize)
	}
	return key, nil
}

func makeKey(path, dir string) ([]byte, error) {
	names, err := files(dir)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("the key of the audit log, %s, is gone: put it back, or move the log in %s away to begin a new one", path, dir)
	}
	key := make([]byte, KeySize)
	rand.Read(key)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	_, err = file.WriteString(hex.EncodeToString(key) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close(), syncDir(filepath.Dir(path))); err != nil {
		return nil, fmt.Errorf("key of the audit log: %w", err)
	}
	return key, nil
}
