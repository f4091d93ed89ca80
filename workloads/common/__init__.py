"""What every workload truly shares: options, device, precision, MLPerf's marks, limits, stopping, progress."""
