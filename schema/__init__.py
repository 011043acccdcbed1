"""What data there is: vocabulary and declarations, no I/O, imports none of ours."""
