// Temporal's development server, its database in a file, with the Go SDK: from the start of a workflow until
// its first activity runs.
//
//	temporal_start TEMPORAL COUNT
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"time"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

type silent struct{}

func (silent) Debug(string, ...interface{}) {}
func (silent) Info(string, ...interface{})  {}
func (silent) Warn(string, ...interface{})  {}
func (silent) Error(string, ...interface{}) {}

var _ temporallog.Logger = silent{}

var running = make(chan time.Time, 1)

func activity(context.Context) error {
	running <- time.Now()
	return nil
}

func flow(ctx workflow.Context) error {
	options := workflow.ActivityOptions{StartToCloseTimeout: time.Minute}
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), activity).Get(ctx, nil)
}

func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func connect(address string) client.Client {
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := client.Dial(client.Options{HostPort: address, Logger: silent{}})
		if err == nil {
			return c
		}
		if time.Now().After(deadline) {
			log.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func startToActivity(c client.Client) time.Duration {
	start := time.Now()
	run, err := c.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{TaskQueue: "bench"}, flow)
	if err != nil {
		log.Fatal(err)
	}
	took := (<-running).Sub(start)
	if err := run.Get(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	return took
}

func main() {
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	address := freeAddress()
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command(os.Args[1], "server", "start-dev", "--headless", "--port", port,
		"--db-filename", "temporal.db", "--log-level", "error")
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
	c := connect(address)
	w := worker.New(c, "bench", worker.Options{})
	w.RegisterWorkflow(flow)
	w.RegisterActivity(activity)
	if err := w.Start(); err != nil {
		log.Fatal(err)
	}
	for i := 0; i < 1+count/10; i++ {
		startToActivity(c)
	}
	times := make([]time.Duration, count)
	for i := range times {
		times[i] = startToActivity(c)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	fmt.Println("start_to_activity", float64(times[count/2].Nanoseconds())/1000, "us")
	w.Stop()
	c.Close()
	server.Process.Kill()
	server.Wait()
}
