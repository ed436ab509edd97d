package configs
import ("testing";"fmt")
func TestScratch(t *testing.T){ 
 fmt.Println(string(Schema()))
 c,err:=Load("/tmp/cfgw/t.yaml"); fmt.Println(err); b,err:=Dump(c); fmt.Println(string(b),err) }
