package configs

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// maxPassword is what the system takes as a TCP MD5 key (TCP_MD5SIG_MAXKEYLEN).
const maxPassword = 80

// ReadPassword reads the TCP MD5 password of an auth.md5-file: the file's one line, without its line
// end. The warning says what is wrong with a file that can be used all the same; neither it nor the
// error holds anything of the password.
func ReadPassword(path string) (password, warning string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", fmt.Errorf("md5-file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", "", fmt.Errorf("md5-file: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPassword+3)) // its line end, and one to tell that it is too long
	if err != nil {
		return "", "", fmt.Errorf("md5-file: %w", err)
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch {
	case len(text) == 0:
		return "", "", fmt.Errorf("md5-file %s is empty\n    hint: write the password on its one line", path)
	case bytes.ContainsAny(text, "\r\n\x00"):
		return "", "", fmt.Errorf("md5-file %s is not one line of text\n    hint: write the password on its one line", path)
	case len(text) > maxPassword:
		return "", "", fmt.Errorf("md5-file %s holds more than %d bytes, the longest TCP MD5 password there is", path, maxPassword)
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		warning = fmt.Sprintf("md5-file %s can be read by everyone (mode %#o): chmod o-rwx it", path, mode)
	}
	return string(text), warning, nil
}
