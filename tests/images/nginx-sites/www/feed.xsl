<?xml version="1.0"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="html" encoding="UTF-8"/>
  <xsl:template match="/feed"><h1><xsl:value-of select="title"/></h1></xsl:template>
</xsl:stylesheet>
