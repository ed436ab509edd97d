package report

import "reflect"

// Shapes are the answers of docs/json.md as Go types, for those who describe them to programs.
var Shapes = map[string]reflect.Type{
	"audit": reflect.TypeFor[auditJSON](), "findings": reflect.TypeFor[findingsJSON](), "flows": reflect.TypeFor[flowsJSON](), "checks": reflect.TypeFor[checksJSON](),
	"feeds": reflect.TypeFor[feedsJSON](), "links": reflect.TypeFor[linksJSON](), "wins": reflect.TypeFor[winsJSON](), "explain": reflect.TypeFor[explainJSON](),
	"event": reflect.TypeFor[eventJSON](),
}
