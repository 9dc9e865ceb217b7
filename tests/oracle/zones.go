package main

import (
	"os"
	"path/filepath"
	"time"
)

// The cases have the zones of zones/ alone, and their machine is in Newfoundland: half an hour between the hours, and a
// summer.
func setZones() error {
	folder, err := filepath.Abs("zones")
	if err != nil {
		return err
	}
	if err := os.Setenv("ZONEINFO", folder); err != nil {
		return err
	}
	time.Local, err = time.LoadLocation("America/St_Johns")
	return err
}
