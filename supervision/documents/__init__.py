"""Official papers: what they say (content, sentences) and how they look (docx)."""
