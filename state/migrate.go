package state

import (
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// A migration changes the key layout from one version to the next. It may be run again after a crash: it lands whole or not at all.
type migration func(*bolt.Tx) error

// migrations lead from version 1 to the current one, in order.
var migrations []migration

// schemaOf is the version of the key layout after all steps.
func schemaOf(steps []migration) int { return 1 + len(steps) }

// migrate brings an older file up to date, a version at a time. Before each step a copy of the file is laid beside it, named after its version.
func migrate(file *bolt.DB, path string, steps []migration) error {
	var m meta
	err := file.View(func(tx *bolt.Tx) error { return json.Unmarshal(tx.Bucket(metaBucket).Get(metaKey), &m) })
	if err != nil {
		return err
	}
	for ; m.Schema < schemaOf(steps); m.Schema++ {
		if err := copyFile(file, fmt.Sprintf("%s.schema%d", path, m.Schema)); err != nil {
			return fmt.Errorf("copy of the data file before it is migrated: %w", err)
		}
		err := file.Update(func(tx *bolt.Tx) error {
			if err := steps[m.Schema-1](tx); err != nil {
				return err
			}
			return putMeta(tx, meta{Schema: m.Schema + 1, Created: m.Created})
		})
		if err != nil {
			return fmt.Errorf("migrate the data file from schema %d: %w", m.Schema, err)
		}
	}
	return nil
}
