"""The runner: one detached process an experiment that runs its sessions in turn and looks at what they came to."""
