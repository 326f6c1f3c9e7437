"""REST under `/api/v1`: one file per noun, JSON in and out."""
