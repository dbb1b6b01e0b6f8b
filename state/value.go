package state

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// valueVersion is the first byte of every value.
const valueVersion = 1

// headLen is the length of what stands before the JSON: version, checksum and revision.
const headLen = 1 + 4 + 8

// encode makes the stored form of a value: version | crc32c | revision | JSON. The version is one byte; the CRC-32 (Castagnoli), big endian,
// covers the key, the revision and the JSON. bbolt does not notice most damage to its pages; the checksum does.
func encode(key string, value []byte, rev Rev) []byte {
	out := make([]byte, headLen, headLen+len(value))
	out[0] = valueVersion
	binary.BigEndian.PutUint64(out[5:], uint64(rev))
	out = append(out, value...)
	binary.BigEndian.PutUint32(out[1:], checksum(key, out[5:]))
	return out
}

// decode checks a stored value and returns it as an Item with a copy of its JSON: the stored bytes are valid only inside their transaction.
func decode(key string, stored []byte) (Item, error) {
	if len(stored) < headLen {
		return Item{}, fmt.Errorf("key %q: %w", key, ErrDamaged)
	}
	if v := stored[0]; v > valueVersion {
		return Item{}, fmt.Errorf("key %q: value of version %d was written by a newer shipmate, or is damaged: %w", key, v, ErrDamaged)
	}
	if stored[0] != valueVersion || binary.BigEndian.Uint32(stored[1:]) != checksum(key, stored[5:]) {
		return Item{}, fmt.Errorf("key %q: %w", key, ErrDamaged)
	}
	return Item{Key: key, Value: append([]byte{}, stored[headLen:]...), Rev: Rev(binary.BigEndian.Uint64(stored[5:]))}, nil
}

// checksum covers the key too, so that a value cannot turn up under another key unnoticed.
func checksum(key string, rest []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum([]byte(key), table), table, rest)
}
