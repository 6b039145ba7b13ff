"""Fat against slim: what two runs of the same probes came to."""
