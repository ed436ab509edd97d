package configs

import (
	"encoding"
	"net/url"
	"reflect"

	"github.com/goccy/go-yaml"
)

const secret = "***"

// Dump prints the config as it is in effect, as YAML: short forms written out, defaults filled in,
// secrets as ***. Reading it back from the same folder gives the same config.
func Dump(config *Config) ([]byte, error) {
	f := config.effective
	if f.Settings.Token != "" {
		f.Settings.Token = secret
	}
	f.Settings.Server = withoutPassword(f.Settings.Server)
	return yaml.MarshalWithOptions(inEffect(reflect.ValueOf(f)), yaml.IndentSequence(true))
}

// inEffect turns a value of file.go into what YAML prints: keys in the order of the structs,
// without those that say nothing. An empty list does say something.
func inEffect(v reflect.Value) any {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil { // a zero prefix: Load lets none pass
			return ""
		}
		return string(text)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return inEffect(v.Elem())
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = inEffect(v.Index(i))
		}
		return list
	case reflect.Struct:
		keys := yaml.MapSlice{}
		for i, k := range keysOf(v.Type()) {
			if value := v.Field(i); !value.IsZero() {
				keys = append(keys, yaml.MapItem{Key: k.name, Value: inEffect(value)})
			}
		}
		return keys
	case reflect.String:
		return v.String()
	}
	return v.Interface()
}

// withoutPassword masks the password of a URL that holds one.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	if _, set := u.User.Password(); !set {
		return text
	}
	user := u.User.Username()
	u.User = nil
	rest := u.String()[len(u.Scheme)+len("://"):]
	return u.Scheme + "://" + user + ":" + secret + "@" + rest
}
