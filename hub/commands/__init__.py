"""What an operator can do, one module a command; each prints for people and exits for scripts."""
