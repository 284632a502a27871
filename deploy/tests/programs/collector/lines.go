package main

import (
	"context"
	"errors"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// linesConfig is the exporter's part of the configuration.
type linesConfig struct {
	// Path of the file, which is appended to.
	Path string `mapstructure:"path"`
}

// Validate is called by the collector before it starts.
func (config *linesConfig) Validate() error {
	if config.Path == "" {
		return errors.New("path is missing")
	}
	return nil
}

// lines writes to a file: whole lines, one batch at a time.
type lines struct {
	path string
	lock sync.Mutex
	file *os.File
}

func linesFactory() exporter.Factory {
	defaults := func() component.Config { return &linesConfig{} }
	return exporter.NewFactory(component.MustNewType("lines"), defaults, exporter.WithTraces(newLines, component.StabilityLevelDevelopment))
}

func newLines(ctx context.Context, settings exporter.Settings, config component.Config) (exporter.Traces, error) {
	written := &lines{path: config.(*linesConfig).Path}
	return exporterhelper.NewTraces(ctx, settings, config, written.write,
		exporterhelper.WithStart(written.open), exporterhelper.WithShutdown(written.close))
}

func (written *lines) open(context.Context, component.Host) error {
	file, err := os.OpenFile(written.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	written.file = file
	return err
}

func (written *lines) write(_ context.Context, traces ptrace.Traces) error {
	line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
	if err != nil {
		return err
	}
	written.lock.Lock()
	defer written.lock.Unlock()
	_, err = written.file.Write(append(line, '\n'))
	return err
}

func (written *lines) close(context.Context) error {
	if written.file == nil {
		return nil
	}
	return written.file.Close()
}
