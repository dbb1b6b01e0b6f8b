package slack

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// findElement returns the interactive element a click means, and the id of its block.
func findElement(blocks json.RawMessage, c click) (element object, blockID string, err error) {
	var list []object
	if len(blocks) > 0 {
		if err := decodeNumbers(blocks, &list); err != nil {
			return nil, "", err
		}
	}
	for _, b := range list {
		id, _ := b["block_id"].(string)
		if c.BlockID != "" && c.BlockID != id {
			continue
		}
		for _, e := range elementsOf(b) {
			if e["action_id"] != c.ActionID {
				continue
			}
			if v, _ := e["value"].(string); e["type"] == "button" && c.Value != "" && v != c.Value {
				continue
			}
			return e, id, nil
		}
	}
	return nil, "", fail("no_such_action", "no element with action_id %q there", c.ActionID)
}

// elementsOf lists the elements of a block that can be interactive.
func elementsOf(b object) []object {
	var out []object
	add := func(v any) {
		if e, ok := v.(object); ok && e["action_id"] != nil {
			out = append(out, e)
		}
	}
	add(b["accessory"])
	add(b["element"])
	for _, key := range []string{"elements", "actions"} {
		list, _ := b[key].([]any)
		for _, v := range list {
			add(v)
			if inside, ok := v.(object); ok && inside["type"] == "card" {
				out = append(out, elementsOf(inside)...)
			}
		}
	}
	return out
}

// held names the field an element's type keeps its value in, and the one it starts with.
func held(kind string) (field, initial string) {
	switch kind {
	case "static_select", "external_select", "radio_buttons", "overflow":
		return "selected_option", "initial_option"
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options", "initial_options"
	case "users_select":
		return "selected_user", "initial_user"
	case "conversations_select":
		return "selected_conversation", "initial_conversation"
	case "channels_select":
		return "selected_channel", "initial_channel"
	case "multi_users_select":
		return "selected_users", "initial_users"
	case "multi_conversations_select":
		return "selected_conversations", "initial_conversations"
	case "multi_channels_select":
		return "selected_channels", "initial_channels"
	case "datepicker":
		return "selected_date", "initial_date"
	case "timepicker":
		return "selected_time", "initial_time"
	case "datetimepicker":
		return "selected_date_time", "initial_date_time"
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "value", "initial_value"
	case "rich_text_input":
		return "rich_text_value", "initial_value"
	}
	return "", ""
}

// choose is the value an element holds after a person chose or entered choice; several choices are separated by commas.
func choose(e object, choice string) (any, error) {
	kind, _ := e["type"].(string)
	field, _ := held(kind)
	switch {
	case field == "selected_option":
		return option(e, choice)
	case field == "selected_options":
		options := []any{}
		for v := range strings.SplitSeq(choice, ",") {
			if v == "" {
				continue
			}
			o, err := option(e, v)
			if err != nil {
				return nil, err
			}
			options = append(options, o)
		}
		return options, nil
	case field == "selected_date_time":
		seconds, err := strconv.ParseInt(cmp.Or(choice, "0"), 10, 64)
		if err != nil {
			return nil, fail("invalid_arguments", "%q is no Unix time in seconds", choice)
		}
		return seconds, nil
	case strings.HasPrefix(kind, "multi_"):
		return strings.Split(choice, ","), nil
	case choice == "":
		return nil, nil
	}
	return choice, nil
}

// option finds the option with a value in an element's options or option groups.
func option(e object, value string) (any, error) {
	lists := []any{e["options"]}
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(object); ok {
			lists = append(lists, group["options"])
		}
	}
	for _, list := range lists {
		options, _ := list.([]any)
		for _, v := range options {
			if o, ok := v.(object); ok && o["value"] == value {
				return o, nil
			}
		}
	}
	return nil, fail("no_such_option", "no option with value %q there", value)
}

// stateOf is the state of every input in blocks: what people chose, or else what it starts with.
func stateOf(blocks json.RawMessage, chosen map[string]map[string]interaction) viewState {
	state := viewState{Values: map[string]map[string]interaction{}}
	var list []object
	if len(blocks) == 0 || decodeNumbers(blocks, &list) != nil {
		return state
	}
	for _, b := range list {
		blockID, _ := b["block_id"].(string)
		for _, e := range elementsOf(b) {
			kind, _ := e["type"].(string)
			actionID, _ := e["action_id"].(string)
			field, initial := held(kind)
			if field == "" || kind == "overflow" {
				continue
			}
			if state.Values[blockID] == nil {
				state.Values[blockID] = map[string]interaction{}
			}
			now := interaction{"type": kind, field: e[initial]}
			if c := chosen[blockID][actionID]; c != nil {
				now = c
			}
			state.Values[blockID][actionID] = now
		}
	}
	return state
}
