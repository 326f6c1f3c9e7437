"""Several channels as one stream."""

from loom.contrib.rag.mux.stream_mux import StreamMux, merge_from_ingestors

__all__ = ["StreamMux", "merge_from_ingestors"]
