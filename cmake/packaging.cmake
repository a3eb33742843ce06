# Install and export; tests/install builds a consumer from the result.
