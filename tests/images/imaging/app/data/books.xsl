<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:str="http://exslt.org/strings">
<xsl:output method="html"/><xsl:param name="heading"/><xsl:include href="title.xsl"/>
<xsl:template match="/books"><h1><xsl:value-of select="$heading"/></h1><xsl:apply-templates select="book"><xsl:sort select="price" data-type="number"/></xsl:apply-templates></xsl:template>
</xsl:stylesheet>
