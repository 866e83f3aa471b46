"""The `watchword` command: flags in, one clear line out. Each command's code is imported when it is called."""
