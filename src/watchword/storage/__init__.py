"""Where records live: engines behind `directory.ports.Store`, jobs, object files, backups. SQL stands nowhere else."""
