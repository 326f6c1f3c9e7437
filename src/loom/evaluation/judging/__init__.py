"""People and models as judges of outputs: labels on sheets, two outputs side by side; decides nothing by itself."""
