package pulls

import (
	"slices"
	"strings"
	"testing"
)

const petProto = `syntax = "proto3";
package pets.v1; // the pets
import "google/protobuf/any.proto";
option go_package = "x;y";
message Pet {
  option (x) = { a: 1 };
  reserved 4, 5 to 7;
  string name = 1 [deprecated = true, (y) = {z: 1}];
  repeated .pets.v1.Owner owners = 2;
  map<string, int32> counts = 3;
  oneof kind { string cat = 8; string dog = 9; }
  message Tag { string text = 1; }
  enum Size { SIZE_UNKNOWN = 0; SIZE_BIG = 1; }
  /* gone: string x = 10; */
}
message Owner {}
service Pets {
  rpc Get (GetRequest) returns (Pet) { option (http) = { get: "/v1/{name}" }; }
  rpc Watch (GetRequest) returns (stream Pet);
}
`

const petGraphQL = `"""The pets; type Old { a: Int }"""
schema { query: Query }
directive @auth(role: String = "x") on FIELD_DEFINITION
# type Comment { a: Int }
type Query {
  pets(first: Int = 10, "which" after: String): [Pet!]! @auth(role: "a")
  pet(id: ID!): Pet
}
interface Node { id: ID! }
type Pet implements Node & Thing @key(fields: "id") { id: ID! name: String! tags(of: [Int] = [1, 2]): [String] }
enum Size { BIG SMALL @deprecated }
union Any = | Pet | Owner
input NewPet { name: String! size: Size = BIG }
extend type Query { owners: [Owner] }
scalar Date
query Q($a: Int) { pets { name } }
`

func TestSchemas(t *testing.T) {
	t.Parallel()
	docs := map[string]string{"a/pets.proto": petProto, "a/schema.graphqls": petGraphQL}
	for _, tt := range []struct{ path, old, new, want string }{
		{"a/pets.proto", "// the pets", "/* the\npets */", ""},
		{"a/pets.proto", "  string name = 1", "  optional string name = 1", ""},
		{"a/pets.proto", ".pets.v1.Owner", "pets.v1.Owner", ""},
		{"a/pets.proto", "string name = 1", "string name = 11", "!changed Pet.name: string name = 1 → string name = 11"},
		{"a/pets.proto", "string name = 1", "bytes name = 1", "!changed Pet.name: string name = 1 → bytes name = 1"},
		{"a/pets.proto", "  map<string, int32> counts = 3;\n", "", "!removed Pet.counts: map < string , int32 > counts = 3 → "},
		{"a/pets.proto", "string cat = 8; ", "", "!removed Pet.cat: string cat = 8 → "},
		{"a/pets.proto", "message Tag { string text = 1; }", "", "!removed Pet.Tag: message Tag → "},
		{"a/pets.proto", " SIZE_BIG = 1;", "", "!removed Pet.Size.SIZE_BIG: SIZE_BIG = 1 → "},
		{"a/pets.proto", "SIZE_BIG = 1;", "SIZE_BIG = 2;", "!changed Pet.Size.SIZE_BIG: SIZE_BIG = 1 → SIZE_BIG = 2"},
		{"a/pets.proto", "  rpc Watch (GetRequest) returns (stream Pet);\n", "", "!removed Pets.Watch: rpc Watch(GetRequest) returns (stream Pet) → "},
		{"a/pets.proto", "(stream Pet)", "(Pet)", "!changed Pets.Watch: rpc Watch(GetRequest) returns (stream Pet) → rpc Watch(GetRequest) returns (Pet)"},
		{"a/pets.proto", "message Owner {}", "message Owner { string mail = 1; }", "added Owner.mail:  → string mail = 1"},
		{"a/schema.graphqls", "The pets", "All \\\"pets", ""},
		{"a/schema.graphqls", "name: String! tags", "tags", "!removed Pet.name: name: String! → "},
		{"a/schema.graphqls", "name: String! tags", "name: String tags", "!changed Pet.name: name: String! → name: String"},
		{"a/schema.graphqls", "pet(id: ID!): Pet", "pet(id: ID!): Pet!", ""},
		{"a/schema.graphqls", "pet(id: ID!)", "pet(id: ID!, size: Size!)", "!added Query.pet(size):  → size: Size!"},
		{"a/schema.graphqls", "pet(id: ID!)", "pet(id: ID!, size: Size! = BIG)", "added Query.pet(size):  → size: Size! = …"},
		{"a/schema.graphqls", "first: Int = 10, ", "", "!removed Query.pets(first): first: Int = … → "},
		{"a/schema.graphqls", "after: String", "after: String!", "!changed Query.pets(after): after: String → after: String!"},
		{"a/schema.graphqls", "BIG SMALL @deprecated", "BIG", "!removed Size.SMALL: SMALL → "},
		{"a/schema.graphqls", "| Pet | Owner", "= Owner", "!removed Any = Pet: Pet → "},
		{"a/schema.graphqls", "input NewPet { name: String!", "input NewPet { kind: Int! name: String!", "!added NewPet.kind:  → kind: Int!"},
		{"a/schema.graphqls", " & Thing", "", "!removed Pet implements Thing: implements Thing → "},
		{"a/schema.graphqls", "extend type Query { owners: [Owner] }", "", "!removed Query.owners: owners: [Owner] → "},
		{"a/schema.graphqls", "scalar Date", "type Date { a: Int }", "!changed Date: scalar Date → type Date"},
		{"a/schema.graphqls", "query Q($a: Int) { pets { name } }", "", ""},
	} {
		doc := docs[tt.path]
		if !strings.Contains(doc, tt.old) {
			t.Fatalf("%q is not in the document", tt.old)
		}
		a := Compute(sides(map[string][2]string{tt.path: {doc, strings.Replace(doc, tt.old, strings.TrimPrefix(tt.new, "= "), 1)}}), DefaultWeights()).API
		if got := apiText(a); got != tt.want || a.Files != 1 || len(a.Unread) > 0 {
			t.Errorf("%q → %q: got\n%s\nwant\n%s", tt.old, tt.new, got, tt.want)
		}
	}
}

func TestLinesOfSchemas(t *testing.T) {
	t.Parallel()
	a := Compute(sides(map[string][2]string{"a.proto": {petProto, strings.Replace(petProto, "SIZE_BIG = 1", "SIZE_BIG = 2", 1)}, "b.proto": {"message {", ""}}), DefaultWeights()).API
	want := Evidence{Rule: "proto/changed", File: "a.proto", Line: 13}
	if len(a.Changes) != 1 || a.Changes[0].Evidence != want || a.Changes[0].Package != "pets.v1" || !slices.Equal(a.Unread, []APIUnread{{"b.proto", "it does not parse"}}) {
		t.Errorf("%+v, want a change at %+v", a, want)
	}
}

func FuzzSchemas(f *testing.F) {
	f.Add(petProto)
	f.Add(petGraphQL)
	f.Fuzz(func(t *testing.T, text string) {
		s := sides(map[string][2]string{"a/pets.proto": {text, text}, "a/schema.graphql": {text, text}})
		if a := Compute(s, DefaultWeights()).API; len(a.Changes) > 0 {
			t.Errorf("a schema differs from itself: %s", apiText(a))
		}
	})
}
