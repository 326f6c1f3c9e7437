"""Where definitions live: worker, pipeline and suite files, the user's own and those that Loom ships."""
