package bot

import (
	"encoding/json"
	"fmt"
)

// Blocks is a sequence of blocks. In JSON each one is an object with one more field, "kind": para, list, table, code,
// fold or chart.
type Blocks []Block

// MarshalJSON writes each block with its kind.
func (bs Blocks) MarshalJSON() ([]byte, error) {
	out := make([]any, 0, len(bs))
	for _, b := range bs {
		switch b := b.(type) {
		case Para:
			out = append(out, struct {
				Kind string `json:"kind"`
				Para
			}{"para", b})
		case List:
			out = append(out, struct {
				Kind string `json:"kind"`
				List
			}{"list", b})
		case Table:
			out = append(out, struct {
				Kind string `json:"kind"`
				Table
			}{"table", b})
		case Code:
			out = append(out, struct {
				Kind string `json:"kind"`
				Code
			}{"code", b})
		case Fold:
			out = append(out, struct {
				Kind string `json:"kind"`
				Fold
			}{"fold", b})
		case Chart:
			out = append(out, struct {
				Kind string `json:"kind"`
				Chart
			}{"chart", b})
		default:
			return nil, fmt.Errorf("block of unknown type %T", b)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes. A block of another kind is an error: it was written by a newer version.
func (bs *Blocks) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*bs = nil
	for _, r := range raw {
		b, err := decodeBlock(r)
		if err != nil {
			return err
		}
		*bs = append(*bs, b)
	}
	return nil
}

func decodeBlock(data []byte) (Block, error) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	switch head.Kind {
	case "para":
		return decodeAs[Para](data)
	case "list":
		return decodeAs[List](data)
	case "table":
		return decodeAs[Table](data)
	case "code":
		return decodeAs[Code](data)
	case "fold":
		return decodeAs[Fold](data)
	case "chart":
		return decodeAs[Chart](data)
	}
	return nil, fmt.Errorf("block of unknown kind %q", head.Kind)
}

func decodeAs[B Block](data []byte) (Block, error) {
	var b B
	err := json.Unmarshal(data, &b)
	return b, err
}
