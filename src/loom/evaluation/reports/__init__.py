"""Reports of a run for people and machines elsewhere: JUnit, JSON, Markdown, HTML, CSV. They print nothing."""
