"""The typed values that templates render: one file per noun. They know neither HTTP nor the store."""
