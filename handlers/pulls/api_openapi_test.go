package pulls

import (
	"strings"
	"testing"
	"time"
)

const petStore = `openapi: 3.0.3
info: {title: pets, version: "1"}
paths:
  /pets:
    get:
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        "200":
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}
        "404": {description: none}
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/NewPet'}
      responses: {"201": {description: made}}
  /pets/{id}:
    get:
      responses: {"200": {content: {application/json: {schema: {type: object, properties: {name: {type: string}, tag: {type: string}}}}}}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string}
        owner: {$ref: '#/components/schemas/Owner'}
    Owner:
      properties: {mail: {type: string}, kind: {type: string, enum: [person, zoo]}}
    NewPet:
      properties:
        name: {type: string}
        kind: {type: string, enum: [cat, dog]}
`

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, new, want string }{
		{"nothing", "title: pets", "title: dogs", ""},
		{"path's parameter", "/pets/{id}", "/pets/{petId}", ""},
		{"removed path", "  /pets/{id}:", "  /cats/{id}:", "!removed GET /pets/{id}: GET /pets/{id} → \nadded GET /cats/{id}:  → GET /cats/{id}"},
		{"removed method", "    post:\n", "    put:\n", "!removed POST /pets: POST /pets → \nadded PUT /pets:  → PUT /pets"},
		{"new optional parameter", "parameters:\n", "parameters:\n        - {name: page, in: query, schema: {type: integer}}\n", "added GET /pets query page:  → page integer"},
		{"new required parameter", "parameters:\n", "parameters:\n        - {name: page, in: query, required: true, schema: {type: integer}}\n", "!added GET /pets query page:  → page integer, required"},
		{"required now", "in: query,", "in: query, required: true,", "!changed GET /pets query limit: limit integer → limit integer, required"},
		{"another type", "{name: limit, in: query, schema: {type: integer}}", "{name: limit, in: query, schema: {type: string}}", "!changed GET /pets query limit: limit integer → limit string"},
		{"removed property of a response", "        owner: {$ref: '#/components/schemas/Owner'}\n", "", "!removed Pet.owner: owner Owner → "},
		{"removed property further down", "mail: {type: string}, ", "", "!removed Owner.mail: mail string → "},
		{"removed property in place", "name: {type: string}, tag: {type: string}", "name: {type: string}", "!removed GET /pets/{} 200.tag: tag string → "},
		{"removed property of a request", "    NewPet:\n      properties:\n        name: {type: string}\n", "    NewPet:\n      properties:\n", "removed NewPet.name: name string → "},
		{"required property of a request", "    NewPet:\n", "    NewPet:\n      required: [kind]\n", "!changed NewPet.kind: kind string → kind string, required"},
		{"removed value of a request", "[cat, dog]", "[cat]", "!removed NewPet.kind = dog: dog → "},
		{"removed value of a response", "[person, zoo]", "[zoo]", "removed Owner.kind = person: person → "},
		{"removed response", "        \"404\": {description: none}\n", "", "removed GET /pets 404: 404 → "},
		{"is no such document", "openapi: 3.0.3", "asyncapi: 2.0.0", "!removed GET /pets"},
	} {
		if !strings.Contains(petStore, tt.old) {
			t.Fatalf("%s: %q is not in the document", tt.name, tt.old)
		}
		after := strings.Replace(petStore, tt.old, tt.new, 1)
		a := Compute(sides(map[string][2]string{"api/openapi.yaml": {petStore, after}}), DefaultWeights()).API
		got := apiText(a)
		if got != tt.want && (tt.name != "is no such document" || !strings.HasPrefix(got, tt.want)) || len(a.Unread) > 0 {
			t.Errorf("%s: got\n%s\nwant\n%s\n%v", tt.name, got, tt.want, a.Unread)
		}
		for _, c := range a.Changes {
			if c.Evidence.Line == 0 {
				t.Errorf("%s: %+v has no line", tt.name, c)
			}
		}
	}
}

func TestOpenAPIAsJSON(t *testing.T) {
	t.Parallel()
	const doc = `{"swagger": "2.0", "paths": {"/a": {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/A"}}}}}}, "definitions": {"A": {"properties": {"b": {"type": "string"}}}}}`
	a := Compute(sides(map[string][2]string{"swagger.json": {doc, strings.Replace(doc, `"b"`, `"c"`, 1)}}), DefaultWeights()).API
	if got, want := apiText(a), "!removed A.b: b string → \nadded A.c:  → c string"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Documents that are made to break parsers, or that lead in circles, are refused or end.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	const head = "openapi: 3.0.3\npaths:\n"
	for name, doc := range map[string]string{
		"brackets": head + strings.Repeat("[", 200_000),
		"marks":    head + strings.Repeat("- ", 200_000),
		"keys":     head + strings.Repeat("? ", 200_000),
		"tags":     head + "  a: " + strings.Repeat("!a ", 100_000),
		"circle":   "openapi: 3.0.3\npaths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/R'}}}}}\ncomponents: {responses: {R: {$ref: '#/components/responses/R'}}, schemas: {A: {allOf: [{$ref: '#/components/schemas/A'}]}}}",
		"aliases":  "openapi: 3.0.3\npaths: &a {/a: *a}\n",
		"broken":   head + "\t\"",
		"lines":    head + strings.Repeat("  /a: {get: {}}\n", 20_000),
	} {
		start := time.Now()
		Compute(sides(map[string][2]string{"openapi.yaml": {petStore, doc}}), DefaultWeights())
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(petStore)
	f.Fuzz(func(t *testing.T, text string) {
		if a := Compute(sides(map[string][2]string{"openapi.yaml": {text, text}}), DefaultWeights()).API; len(a.Changes) > 0 {
			t.Errorf("a document differs from itself: %s", apiText(a))
		}
	})
}
