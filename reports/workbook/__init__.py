"""Reports as XLSX. Its module `book` is the only one in reports that knows XlsxWriter."""
