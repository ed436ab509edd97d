package dump
import ("testing";"context";"os";"fmt";"path/filepath";"bgpaudit/rib";"io/fs")
func TestTry(t *testing.T){
 root:=os.Getenv("TRY")
 if root=="" {t.Skip()}
 filepath.WalkDir(root,func(p string,d fs.DirEntry,err error)error{
  if d.IsDir(){return nil}
  n:=0
  var fam [2]int
  best:=0
  res,err:=Read(context.Background(),Source{Path:p,Name:d.Name(),ExpectRoutes:-1},func(r rib.Route){n++;fam[rib.FamilyOf(r.Prefix)]++; if r.Marks.Has(rib.Best){best++}})
  if err!=nil { fmt.Println("REFUSED",err); return nil}
  fmt.Println(p,res.Header.Format,n,fam,best,res.Skipped,res.Complete,res.Header.NotShown.Names(),res.Header.Router,res.Header.DefaultLocalPref,res.Errors)
  return nil
 })
}
