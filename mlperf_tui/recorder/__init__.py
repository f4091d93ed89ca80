"""The recorder: one detached process a session that starts the workload, samples the machine and writes it all down."""
