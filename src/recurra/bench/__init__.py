"""Speed and memory of prediction on this machine: throughput, latency, start-up time, peak memory."""
