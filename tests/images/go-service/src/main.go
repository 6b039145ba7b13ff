// A service of one binary with files beside it and elsewhere; every page uses another part of the system.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"io/ioutil"
	"log"
	"mime"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

const (
	logo       = "/opt/assets/logo.svg"
	migrations = "/opt/migrations"
	words      = "/usr/local/share/words/%s.txt"
	tlsFolder  = "/etc/service/tls/"
)

type page func(*http.Request) (string, error)

var pages = map[string]page{
	"":           func(*http.Request) (string, error) { return "hello from a fat image", nil },
	"page":       render,
	"logo":       func(*http.Request) (string, error) { return read(logo) },
	"words":      func(r *http.Request) (string, error) { return read(fmt.Sprintf(words, r.FormValue("language"))) },
	"migrations": migrate,
	"time":       clock,
	"user":       account,
	"type":       func(r *http.Request) (string, error) { return mime.TypeByExtension("." + r.FormValue("of")), nil },
	"host":       host,
	"roots":      roots,
	"secure":     secure,
	"pack":       pack,
	"port":       port,
	"temporary":  temporary,
}

func main() {
	go func() { log.Fatal(http.ListenAndServeTLS(":8443", tlsFolder+"cert.pem", tlsFolder+"key.pem", http.HandlerFunc(serve))) }()
	log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(serve)))
}

func serve(w http.ResponseWriter, r *http.Request) {
	show, known := pages[strings.TrimPrefix(r.URL.Path, "/")]
	if !known {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	text, err := show(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, text)
}

func read(name string) (string, error) {
	raw, err := ioutil.ReadFile(name)
	return string(raw), err
}

func render(r *http.Request) (string, error) {
	all, err := template.ParseGlob("templates/*.html")
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = all.ExecuteTemplate(&out, "page.html", r.FormValue("name"))
	return out.String(), err
}

func migrate(*http.Request) (string, error) {
	var found []string
	err := filepath.WalkDir(migrations, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	sort.Strings(found)
	return strings.Join(found, " "), err
}

func clock(r *http.Request) (string, error) {
	zone, err := time.LoadLocation(r.FormValue("zone"))
	if err != nil {
		return "", err
	}
	return time.Unix(1700000000, 0).In(zone).Format("2006-01-02 15:04 MST"), nil
}

func account(r *http.Request) (string, error) {
	found, err := user.Lookup(r.FormValue("name"))
	if err != nil {
		return "", err
	}
	group, err := user.LookupGroupId(found.Gid)
	if err != nil {
		return "", err
	}
	return found.Uid + " " + group.Name + " " + found.HomeDir, nil
}

func host(r *http.Request) (string, error) {
	found, err := net.LookupHost(r.FormValue("name"))
	return strings.Join(found, " "), err
}

func roots(*http.Request) (string, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return "", err
	}
	return fmt.Sprint(len(pool.Subjects()) > 100), nil
}

func secure(*http.Request) (string, error) {
	own, err := ioutil.ReadFile(tlsFolder + "cert.pem")
	if err != nil {
		return "", err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(own) {
		return "", errors.New("no certificate")
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	answer, err := client.Get("https://localhost:8443/")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := ioutil.ReadAll(answer.Body)
	return fmt.Sprintf("%s %x", body, answer.TLS.Version), err
}

func pack(*http.Request) (string, error) {
	packed := exec.Command("xz", "--stdout")
	packed.Stdin = strings.NewReader("packed")
	raw, err := packed.Output()
	if err != nil {
		return "", err
	}
	unpacked := exec.Command("sh", "-c", "xz --decompress | tr a-z A-Z")
	unpacked.Stdin = bytes.NewReader(raw)
	text, err := unpacked.Output()
	return string(text), err
}

func port(*http.Request) (string, error) {
	found, err := net.LookupPort("tcp", "postgresql")
	return fmt.Sprint(found), err
}

func temporary(*http.Request) (string, error) {
	file, err := os.CreateTemp("", "x")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	return filepath.Dir(file.Name()), file.Close()
}
