"""Where people look: pages made on the server, which a browser without JavaScript can read.

``pages`` renders a template with the words of a language, ``static_files`` serves style and scripts,
``same_origin`` refuses forms that another site has sent.
"""
