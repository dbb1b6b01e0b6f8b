package slack

import (
	"encoding/json"
	"maps"
	"strconv"
	"unicode/utf8"
)

// The limits of data tables, charts, cards and carousels.
const (
	minDataRows      = 2 // the header and one more
	maxDataRows      = 201
	maxDataContent   = 20_000 // characters of all cells
	maxPageSize      = 100
	maxChartTitle    = 50
	maxChartLabel    = 20
	maxChartSeries   = 12
	maxChartPoints   = 20
	maxCardTitle     = 150
	maxCardBody      = 200
	maxCardActions   = 3
	maxCarouselCards = 10
)

// dataTable checks a data_table block: its first row is the header and holds raw_text only.
func (k *checker) dataTable(at string, b object) {
	k.str(at, b, "caption", true, maxSectionText)
	total := 0
	for i, v := range k.list(at, b, "rows", true, minDataRows, maxDataRows) {
		at := at + "/rows/" + strconv.Itoa(i)
		row, ok := v.([]any)
		if !ok {
			k.add(at, "must be an array")
			continue
		}
		k.count(at, len(row), 1, maxTableColumns)
		for j, cell := range row {
			total += k.dataCell(at+"/"+strconv.Itoa(j), cell, i == 0)
		}
	}
	if total > maxDataContent {
		k.add(at+"/rows", "all cells together must be less than %d characters", maxDataContent+1)
	}
}

// dataCell checks one cell and returns the number of characters in it.
func (k *checker) dataCell(at string, v any, header bool) int {
	c := k.object(at, v)
	if c == nil {
		return 0
	}
	switch kind := c["type"]; {
	case kind == "raw_text":
		return utf8.RuneCountInString(k.str(at, c, "text", true, maxDataContent))
	case header:
		k.add(at+"/type", "must be one of: raw_text")
	case kind == "raw_number":
		if c["value"] == nil {
			k.add(at, "missing required field: value")
		}
	case kind == "rich_text":
		k.richText(at, c)
		raw, _ := encodePlain(c["elements"]) // decoded JSON always encodes
		return utf8.RuneCount(raw)
	case kind == "action_cell":
		k.element(at+"/element", c["element"], "button")
	default:
		k.add(at+"/type", "unsupported type: %v", kind)
	}
	return 0
}

// chart checks a data_visualization block.
func (k *checker) chart(at string, b object) {
	if k.charts++; k.charts > maxCharts {
		k.add(at, "no more than %d data_visualization blocks allowed", maxCharts)
	}
	k.str(at, b, "title", true, maxChartTitle)
	at += "/chart"
	c := k.object(at, b["chart"])
	if c == nil {
		return
	}
	switch c["type"] {
	case "pie":
		for i, v := range k.list(at, c, "segments", true, 1, maxChartSeries) {
			k.point(at+"/segments/"+strconv.Itoa(i), v)
		}
	case "bar", "area", "line":
		k.series(at, c)
	default:
		k.add(at+"/type", "unsupported type: %v", c["type"])
	}
}

func (k *checker) series(at string, c object) {
	categories := k.categories(at+"/axis_config", k.object(at+"/axis_config", c["axis_config"]))
	names := map[string]bool{}
	for i, v := range k.list(at, c, "series", true, 1, maxChartSeries) {
		at := at + "/series/" + strconv.Itoa(i)
		s := k.object(at, v)
		if s == nil {
			continue
		}
		name := k.str(at, s, "name", true, maxChartLabel)
		if names[name] {
			k.add(at+"/name", "already exists: %s", name)
		}
		names[name] = true
		points := k.list(at, s, "data", true, 1, maxChartPoints)
		if categories != nil && len(points) != len(categories) {
			k.add(at+"/data", "must have one point for each of the %d categories", len(categories))
		}
		left := maps.Clone(categories)
		for j, p := range points {
			at := at + "/data/" + strconv.Itoa(j)
			label := k.point(at, p)
			if categories != nil && !left[label] {
				k.add(at+"/label", "must be one of the categories, once: %s", label)
			}
			delete(left, label)
		}
	}
}

// categories checks the horizontal axis and returns its categories.
func (k *checker) categories(at string, axis object) map[string]bool {
	if axis == nil {
		return nil
	}
	k.str(at, axis, "x_label", false, maxChartTitle)
	k.str(at, axis, "y_label", false, maxChartTitle)
	out := map[string]bool{}
	for i, v := range k.list(at, axis, "categories", true, 1, maxChartPoints) {
		at := at + "/categories/" + strconv.Itoa(i)
		name := k.str(at, object{"category": v}, "category", true, maxChartLabel)
		if out[name] {
			k.add(at, "already exists: %s", name)
		}
		out[name] = true
	}
	return out
}

// point checks a point or segment and returns its label.
func (k *checker) point(at string, v any) string {
	p := k.object(at, v)
	if p == nil {
		return ""
	}
	if _, ok := p["value"].(json.Number); !ok {
		k.add(at+"/value", "must be a number")
	}
	return k.str(at, p, "label", true, maxChartLabel)
}

func (k *checker) card(at string, b object) {
	k.text(at, b, "title", anyText, false, maxCardTitle)
	k.text(at, b, "subtitle", anyText, false, maxCardTitle)
	k.text(at, b, "body", anyText, false, maxCardBody)
	k.text(at, b, "subtext", anyText, false, maxCardBody)
	for _, key := range []string{"hero_image", "icon"} {
		if image, ok := b[key].(object); ok {
			k.imageElement(at+"/"+key, image)
		}
	}
	for i, v := range k.list(at, b, "actions", false, 1, maxCardActions) {
		k.element(at+"/actions/"+strconv.Itoa(i), v, "button")
	}
	if b["title"] == nil && b["body"] == nil && b["hero_image"] == nil && b["actions"] == nil {
		k.add(at, "one of title, body, hero_image and actions is required")
	}
}

func (k *checker) carousel(at string, b object) {
	for i, v := range k.list(at, b, "elements", true, 1, maxCarouselCards) {
		at := at + "/elements/" + strconv.Itoa(i)
		c := k.object(at, v)
		if c == nil {
			continue
		}
		if c["type"] != "card" {
			k.add(at+"/type", "must be one of: card")
			continue
		}
		k.card(at, c)
	}
}
