"""The script for a shop's pages: vitrine.js as it is written, vitrine.min.js as it is served."""
